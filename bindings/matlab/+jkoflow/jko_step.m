function [mass, info] = jko_step(e, mu0, tau, varargin)
%JKO_STEP One step of the JKO scheme.
%   [MASS, INFO] = jkoflow.jko_step(E, MU0, TAU) minimises the energy plus the
%   squared distance to MU0 over 2 TAU. INFO has distance, converged, status
%   and residual. Options: those of jkoflow.geodesic but Times.
  [mass, info] = jkoflow_mex('jko_step', e, mu0, tau, varargin{:});
end
