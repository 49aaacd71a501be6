function learned = count_fit(g, times, counts, varargin)
%COUNT_FIT Learn an energy from counts of individuals, by maximum likelihood.
%   LEARNED = jkoflow.count_fit(G, TIMES, COUNTS) takes a column of COUNTS of
%   independent individuals at each of the increasing TIMES; zeros are welcome,
%   shares are not: multiply them by the number of individuals.
%   The energy and the masses at the first time are estimated together. For
%   several trajectories TIMES and COUNTS are cell arrays.
%
%   The fields of LEARNED are potential, entropy, parameters (of all terms),
%   parameter_names (which count from 0), standard_errors, unidentified (text:
%   what the data leave open), mean (the mobility mean), converged, status,
%   iterations, start (the estimated masses at the first time, a column for each
%   trajectory), deviance and
%   degrees_of_freedom (of the chi squared distribution that the deviance has
%   where the model holds and counts are not small), and the handles energy and
%   fitted. jkoflow.free(LEARNED) frees them.
%
%   Options:
%     Terms   as for jkoflow.problem, but 'given'
%     Ridge   a number for each term, or one number for the potential
%     Start   parameters to start from; without it jkoflow.fit gives them
%     PseudoCounts  individuals, spread like the reference, that are added to the
%             first counts of each trajectory (1)
%   Tolerance, MaxSteps, MaxIterations, Mean; NumThreads, TimeLimit, Progress. A
%   fit that is stopped has no result: that is the error jkoflow:cancelled.
%
%   See also jkoflow.flow_fit, jkoflow.forecast, jkoflow.covariance
  learned = jkoflow_mex('count_fit', g, times, counts, varargin{:});
end
