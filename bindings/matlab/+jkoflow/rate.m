function velocity = rate(g, mu, psi, varargin)
%RATE Rate of change of the masses for a potential.
%   VELOCITY = jkoflow.rate(G, MU, PSI) is dmu/dt of the tangent PSI at the
%   positive distribution MU. Option: Mean.
%
%   See also jkoflow.potential, jkoflow.product
  velocity = jkoflow_mex('rate', g, mu, psi, varargin{:});
end
