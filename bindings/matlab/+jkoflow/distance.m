function [d, error_estimate] = distance(g, mu0, mu1, varargin)
%DISTANCE The distance between two distributions.
%   D = jkoflow.distance(G, MU0, MU1), and its estimated relative error.
%   Options as for jkoflow.geodesic, but Times.
  [d, error_estimate] = jkoflow_mex('distance', g, mu0, mu1, varargin{:});
end
