function [weights, residual] = barycentre_weights(g, mu, references, varargin)
%BARYCENTRE_WEIGHTS Weights whose barycentre is nearest to MU.
%   [WEIGHTS, RESIDUAL] = jkoflow.barycentre_weights(G, MU, REFERENCES) for a
%   reference per column. RESIDUAL is zero where MU is a barycentre.
%
%   Options: NumThreads, and those of jkoflow.geodesic but Times.
  [weights, residual] = jkoflow_mex('barycentre_weights', g, mu, references, varargin{:});
end
