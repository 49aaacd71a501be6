function l = loss(g, times, snapshots, varargin)
%LOSS Loss of a trajectory for energies of any kind.
%   L = jkoflow.loss(G, TIMES, SNAPSHOTS) is a handle, for jkoflow.loss_value:
%   to train a neural network, say. Options as for jkoflow.problem, but Terms;
%   NumThreads, TimeLimit, Progress.
  l = jkoflow_mex('loss', g, times, snapshots, varargin{:});
end
