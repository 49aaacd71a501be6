function lengths = path_lengths(g, masses, varargin)
%PATH_LENGTHS Length of each segment of a path.
%   LENGTHS = jkoflow.path_lengths(G, MASSES) for a path that is linear between
%   the columns of MASSES. Option: Mean.
  lengths = jkoflow_mex('path_lengths', g, masses, varargin{:});
end
