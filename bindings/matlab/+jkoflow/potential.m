function psi = potential(g, mu, velocity, varargin)
%POTENTIAL Potential for a rate of change of the masses.
%   PSI = jkoflow.potential(G, MU, VELOCITY) is the inverse of jkoflow.rate,
%   for a rate of sum zero. Option: Mean.
  psi = jkoflow_mex('potential', g, mu, velocity, varargin{:});
end
