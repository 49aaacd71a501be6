function add_trajectory(p, times, snapshots, varargin)
%ADD_TRAJECTORY Add the steps between snapshots to a problem.
%   jkoflow.add_trajectory(P, TIMES, SNAPSHOTS) for a distribution per column.
%
%   Options: NumThreads, TimeLimit, Progress; and, for terms 'given', Variations
%   with a column per snapshot and functional, the functionals of the first
%   snapshot first. Where it is stopped nothing is added, and that is the error
%   jkoflow:cancelled.
  jkoflow_mex('add_trajectory', p, times, snapshots, varargin{:});
end
