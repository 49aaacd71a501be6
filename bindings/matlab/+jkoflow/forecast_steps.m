function r = forecast_steps(learned, mu0, tau, steps, varargin)
%FORECAST_STEPS A forecast by steps of the JKO scheme.
%   R = jkoflow.forecast_steps(LEARNED, MU0, TAU, STEPS) takes STEPS steps of
%   length TAU from MU0 at time 0 with what jkoflow.flow_fit or jkoflow.count_fit
%   has learned. R has the fields of jkoflow.forecast.
%
%   Options: Quantile and Mean, see jkoflow.forecast; NumThreads, and those of
%   jkoflow.geodesic but Times.
%
%   See also jkoflow.jko_step
  r = jkoflow_mex('forecast_steps', learned.fitted, mu0, tau, steps, varargin{:});
end
