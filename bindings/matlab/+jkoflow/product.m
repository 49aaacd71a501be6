function p = product(g, mu, psi, phi, varargin)
%PRODUCT Scalar product of two tangents.
%   P = jkoflow.product(G, MU, PSI, PHI), for tangents given by their
%   potentials at the positive distribution MU. Option: Mean.
  p = jkoflow_mex('product', g, mu, psi, phi, varargin{:});
end
