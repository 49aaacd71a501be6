function list = options(group)
%OPTIONS Options of a group, with defaults and meanings.
%   LIST = jkoflow.options(GROUP) is a struct array with the fields name,
%   default and text. GROUP is 'graph', 'geodesic', 'bounds', 'flow', 'flow_fit',
%   'count_fit', 'problem', 'barycentre' or 'ridge'. Names may be written in any
%   case and without underscores: MaxIterations is max_iterations.
%
%   Functions that take time also know the options TimeLimit (seconds),
%   Progress (a handle of a function that gets a struct with the fields
%   iterations, done, total, residual and seconds, about ten times a second;
%   where it returns true the work stops; it may use the library, but not free
%   handles), and, where there are many geodesics or flows, NumThreads (1).
%
%   Example:
%     o = jkoflow.options('geodesic');
%     for k = 1:numel(o), fprintf('%s: %s\n', o(k).name, o(k).text); end
  list = jkoflow_mex('options', group);
end
