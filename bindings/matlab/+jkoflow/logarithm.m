function psi = logarithm(g, mu0, mu1, varargin)
%LOGARITHM Potential with which the geodesic to MU1 leaves MU0.
%   PSI = jkoflow.logarithm(G, MU0, MU1). Options: those of jkoflow.geodesic
%   but Times.
  psi = jkoflow_mex('logarithm', g, mu0, mu1, varargin{:});
end
