function e = energy(g, varargin)
%ENERGY Make a free energy.
%   E = jkoflow.energy(G, ...) with the options
%     Potential    V, one number per node: the sum of V .* mu
%     Interaction  W, a symmetric matrix, sparse or full: mu' * W * mu / 2
%     Entropy      beta: beta times the sum of mu .* log(mu ./ pi)
%     Power        columns [m; a]: a times the sum of pi .* (mu ./ pi).^m / (m - 1)
%   The result is a handle, see jkoflow.free.
%
%   See also jkoflow.flow, jkoflow.jko_step, jkoflow.energy_value
  e = jkoflow_mex('energy', g, varargin{:});
end
