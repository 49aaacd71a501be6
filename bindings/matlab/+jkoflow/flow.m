function r = flow(e, mu0, times, varargin)
%FLOW The gradient flow of an energy.
%   R = jkoflow.flow(E, MU0, TIMES) starts at MU0, positive, at the first of the
%   increasing TIMES. R has the fields times, mass (a column per time),
%   energies, steps, rejected and status.
%
%   Options: Tolerance, MaxSteps, Mean, TimeLimit, Progress. A flow that is
%   stopped has the times that it reached, and the warning jkoflow:cancelled.
  r = jkoflow_mex('flow', e, mu0, times, varargin{:});
end
