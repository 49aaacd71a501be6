function rho = density(g, mu)
%DENSITY Densities of masses: MU ./ PI.
%   RHO = jkoflow.density(G, MU)
  rho = jkoflow_mex('density', g, mu);
end
