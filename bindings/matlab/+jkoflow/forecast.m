function r = forecast(learned, mu0, times, varargin)
%FORECAST What a learned energy predicts, with error bands.
%   R = jkoflow.forecast(LEARNED, MU0, TIMES) follows the flow of what
%   jkoflow.fit, jkoflow.flow_fit or jkoflow.count_fit has learned from MU0,
%   positive and taken as known, at the first of the increasing TIMES. R has the
%   fields times, mass, standard_errors, lower and upper, a column per time. The
%   bands are intervals of the logarithms, so that they are positive. They tell
%   what is unknown of the energy: not the scatter of counts, nor that the model
%   may be wrong. They are NaN where the fit has no covariance.
%
%   R = jkoflow.forecast(LEARNED, [], TIMES) goes on from the estimated start of a
%   trajectory of jkoflow.count_fit, to any times from its first on, and knows
%   that its start is an estimate.
%
%   Options: Quantile, the half width of the bands in standard errors (1.96, for
%   95 %); Trajectory, without MU0 (1); Tolerance, MaxSteps; Mean, that of the fit
%   unless given, and refused where it is another; TimeLimit, Progress. A forecast that is stopped has no
%   result: that is the error jkoflow:cancelled.
%
%   See also jkoflow.flow, jkoflow.forecast_steps, jkoflow.covariance
  r = jkoflow_mex('forecast', learned.fitted, mu0, times, varargin{:});
end
