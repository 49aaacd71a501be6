function d = distance_matrix(g, distributions, varargin)
%DISTANCE_MATRIX Distances between all pairs of distributions.
%   D = jkoflow.distance_matrix(G, DISTRIBUTIONS) takes a positive distribution
%   per column. D is symmetric, NaN where a geodesic did not converge.
%
%   Options: NumThreads, and those of jkoflow.geodesic but Times.
  d = jkoflow_mex('distance_matrix', g, distributions, varargin{:});
end
