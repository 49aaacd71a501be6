function [mass, psi1, drift] = exponential(g, mu, psi, times, varargin)
%EXPONENTIAL Follow the geodesic that leaves with a potential.
%   [MASS, PSI1, DRIFT] = jkoflow.exponential(G, MU, PSI) is the exponential map
%   at MU. With a fourth argument TIMES, increasing from the time of MU, there
%   is a column for each time. DRIFT is the largest relative change of the
%   energy, which is conserved. Options: those of jkoflow.flow.
%
%   See also jkoflow.logarithm
  if nargin < 4
    [mass, psi1, drift] = jkoflow_mex('exponential', g, mu, psi, [0 1]);
    mass = mass(:, end);
    psi1 = psi1(:, end);
  else
    [mass, psi1, drift] = jkoflow_mex('exponential', g, mu, psi, times, varargin{:});
  end
end
