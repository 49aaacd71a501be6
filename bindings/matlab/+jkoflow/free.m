function free(varargin)
%FREE Free handles.
%   jkoflow.free(A, B, ...) frees graphs, energies, solvers, problems and
%   losses, and both handles in what jkoflow.fit, jkoflow.flow_fit or
%   jkoflow.count_fit has learned. Handles may be freed in any order: each keeps
%   what it needs. Freeing one twice is the error jkoflow:badHandle.
%
%   jkoflow.free('all') frees every handle; the MEX file can be cleared then.
  for k = 1:nargin
    one = varargin{k};
    if isequal(one, 'all')
      jkoflow_mex('free');
    elseif isstruct(one) && isfield(one, 'energy') && isfield(one, 'fitted')
      jkoflow_mex('free', one.fitted);
      if ~isempty(one.energy)
        jkoflow_mex('free', one.energy);
      end
    else
      jkoflow_mex('free', one);
    end
  end
end
