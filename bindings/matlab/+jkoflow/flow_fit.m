function learned = flow_fit(g, times, snapshots, varargin)
%FLOW_FIT Learn an energy from what its flow predicts.
%   LEARNED = jkoflow.flow_fit(G, TIMES, SNAPSHOTS) predicts each column of
%   SNAPSHOTS, a distribution, from the one before by integrating the flow of the
%   energy, and fits the energy to the snapshots. It takes longer than
%   jkoflow.fit, and the snapshots may be far apart in the increasing TIMES. For
%   several trajectories TIMES and SNAPSHOTS are cell arrays.
%
%   The fields of LEARNED are potential, entropy, parameters (of all terms),
%   parameter_names (which count from 0), standard_errors, unidentified (text:
%   what the data leave open), mean (the mobility mean), converged, status,
%   iterations, explained (share of the squared change, at most 1), residual,
%   residuals (of each step), pairs, and the handles energy and fitted. jkoflow.free(LEARNED) frees them.
%
%   Options:
%     Terms   as for jkoflow.problem, but 'given'
%     Ridge   a number for each term, or one number for the potential
%     Start   parameters to start from; without it jkoflow.fit gives them
%     Noise   'gaussian' (default), 'sandwich' (misfits of any covariance, for
%             many steps) or 'blocks' (the same for blocks of NoiseBlock steps,
%             10 by default): where standard errors come from
%     Mixing  share of the reference that is mixed into every snapshot (0)
%   Tolerance, MaxSteps, MaxIterations, Mean; NumThreads, TimeLimit, Progress. A
%   fit that is stopped has no result: that is the error jkoflow:cancelled.
%
%   Example:
%     learned = jkoflow.flow_fit(g, years(1:5:end), S(:, 1:5:end), 'Ridge', 0.1);
%     next = jkoflow.forecast(learned, S(:, end), years(end) + [0 5]);
%
%   See also jkoflow.fit, jkoflow.count_fit, jkoflow.forecast, jkoflow.covariance
  learned = jkoflow_mex('flow_fit', g, times, snapshots, varargin{:});
end
