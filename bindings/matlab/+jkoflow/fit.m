function learned = fit(g, times, snapshots, varargin)
%FIT Learn the energy that drives snapshots of a process.
%   LEARNED = jkoflow.fit(G, TIMES, SNAPSHOTS) for a positive distribution per
%   column of SNAPSHOTS at each of the increasing TIMES. Its fields are those of
%   jkoflow.solve, among them potential, entropy, explained, and the handle
%   energy, for jkoflow.flow. jkoflow.free(LEARNED) frees its handles.
%
%   Options: Ridge, see jkoflow.solve; Variations, NumThreads, TimeLimit,
%   Progress, see jkoflow.add_trajectory; all others, Terms among them, see
%   jkoflow.problem.
%
%   Example:
%     learned = jkoflow.fit(g, years, S, 'Terms', {'potential', 'entropy'}, 'Ridge', 0.1);
%     next = jkoflow.flow(learned.energy, S(:, end), [0 1]);
%
%   See also jkoflow.flow_fit, jkoflow.count_fit, jkoflow.forecast
  [solving, others] = take(varargin, {'Ridge'});
  [adding, others] = take(others, {'Variations', 'NumThreads', 'TimeLimit', 'Progress'});
  problem = jkoflow.problem(g, others{:});
  cleaner = onCleanup(@() jkoflow.free(problem));
  jkoflow.add_trajectory(problem, times, snapshots, adding{:});
  learned = jkoflow.solve(problem, solving{:});
end

function [taken, others] = take(pairs, names)
%TAKE Part a list of names and values by the names.
  taken = {};
  others = {};
  for k = 1:2:numel(pairs)
    pair = pairs(k:min(k + 1, end));
    if any(strcmpi(strrep(char(pair{1}), '_', ''), names))
      taken = [taken, pair];
    else
      others = [others, pair];
    end
  end
end
