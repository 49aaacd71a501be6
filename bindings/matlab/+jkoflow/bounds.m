function [lower, upper, d] = bounds(g, mu0, mu1, varargin)
%BOUNDS Enclose the distance between two distributions.
%   [LOWER, UPPER, D] = jkoflow.bounds(G, MU0, MU1): the exact distance lies
%   between LOWER and UPPER, whether or not the solver converged. D is the
%   distance as jkoflow.distance has it.
%
%   Options: Gap (relative, 1e-4), FirstIntervals, MaxIntervals, and those of
%   jkoflow.geodesic but Times. A wider gap is the warning jkoflow:resolution.
%   Where the work was stopped there may be no bounds: NaN.
  [lower, upper, d] = jkoflow_mex('bounds', g, mu0, mu1, varargin{:});
end
