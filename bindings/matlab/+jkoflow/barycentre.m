function [mass, info] = barycentre(g, references, weights, varargin)
%BARYCENTRE Barycentre of distributions.
%   [MASS, INFO] = jkoflow.barycentre(G, REFERENCES, WEIGHTS) has the least sum
%   of WEIGHTS(i) times half the squared distance to column i of REFERENCES,
%   which are positive. INFO has converged, status, objective, residual and
%   iterations.
%
%   Options: Tolerance, MaxIterations, Mean, NumThreads, TimeLimit, Progress.
  [mass, info] = jkoflow_mex('barycentre', g, references, weights, varargin{:});
end
