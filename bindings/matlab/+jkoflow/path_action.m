function a = path_action(g, times, masses, varargin)
%PATH_ACTION Action of a path through given distributions.
%   A = jkoflow.path_action(G, TIMES, MASSES) for a column of MASSES at each of
%   TIMES; the path is linear in between. Option: Mean.
  a = jkoflow_mex('path_action', g, times, masses, varargin{:});
end
