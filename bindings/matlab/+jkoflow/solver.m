function s = solver(g, varargin)
%SOLVER A solver for many geodesics on one graph.
%   S = jkoflow.solver(G, ...) keeps options, factorisation and buffers; give
%   it to jkoflow.geodesic, jkoflow.distance or jkoflow.bounds in place of the
%   graph. Each solve starts from the factorisation that the one before left.
%   The options are those of jkoflow.geodesic but Times. Free it with
%   jkoflow.free.
  s = jkoflow_mex('solver', g, varargin{:});
end
