function learned = solve(p, varargin)
%SOLVE Learn the energy from what a problem has seen.
%   LEARNED = jkoflow.solve(P) has the fields potential, entropy, parameters (of
%   all terms), parameter_names (which count from 0), standard_errors,
%   unidentified (text: what the data leave open, in those names), mean (the
%   mobility mean), explained (share of the motion, at most 1), residual,
%   residuals (of each step), pairs,
%   heat_explained and heat_entropy (of a pure heat flow), and the handles
%   energy, which is empty with terms 'given', and fitted.
%
%   Option: Ridge, a number for each term, or one number for the potential.
%
%   See also jkoflow.flow, jkoflow.forecast, jkoflow.explained, jkoflow.covariance
  learned = jkoflow_mex('solve', p, varargin{:});
end
