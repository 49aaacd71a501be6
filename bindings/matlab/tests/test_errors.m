function test_errors()
  g = jkoflow.graph('path', 3);
  a = [0.2 0.3 0.5];
  raises('jkoflow:lengthMismatch', 'mu0', @() jkoflow.geodesic(g, [0.5 0.5], a));
  raises('jkoflow:badValue', 'mu1', @() jkoflow.geodesic(g, a, [0.5 NaN 0.5]));
  raises('jkoflow:notNormalised', '', @() jkoflow.geodesic(g, a, 2 * a));
  raises('jkoflow:badType', 'single', @() jkoflow.geodesic(g, single(a), a));
  raises('jkoflow:badType', 'sparse', @() jkoflow.geodesic(g, sparse(a), a));
  raises('jkoflow:badType', 'cell', @() jkoflow.geodesic(g, {a}, a));
  raises('jkoflow:badType', '', @() jkoflow.geodesic(g, a + 1i, a));
  raises('jkoflow:badOption', 'max_iterations', @() jkoflow.geodesic(g, a, a, 'MaxIteration', 3));
  raises('jkoflow:badOption', 'has no value', @() jkoflow.geodesic(g, a, a, 'Tolerance'));
  raises('jkoflow:badOption', 'harmonic', @() jkoflow.geodesic(g, a, a, 'Mean', 'median'));
  raises('jkoflow:invalidArgument', 'tolerance', @() jkoflow.geodesic(g, a, a, 'Tolerance', -1));
  raises('jkoflow:badType', 'Progress', @() jkoflow.geodesic(g, a, a, 'Progress', 3));
  raises('jkoflow:badType', 'tolerance', @() jkoflow.geodesic(g, a, a, 'Tolerance', [1 2]));
  raises('jkoflow:usage', 'argument', @() jkoflow_mex('geodesic', g));
  raises('jkoflow:usage', 'nonsense', @() jkoflow_mex('nonsense'));
  raises('jkoflow:usage', 'name', @() jkoflow_mex());
  raises('jkoflow:badType', 'text', @() jkoflow_mex(3));

  r = quietly('jkoflow:iterationLimit', ...
              @() jkoflow.geodesic(g, a, [0.7 0.2 0.1], 'max_iterations', 1, 'mean', 'harmonic'));
  assert(~r.converged && strcmp(r.status, 'iterationLimit') && strcmp(r.mean, 'harmonic'));

  raises('jkoflow:usage', 'needs its edges', @() jkoflow.graph(0));
  raises('jkoflow:badType', 'name of a family', @() jkoflow.graph({1}));
  raises('jkoflow:badType', 'real symmetric matrix', @() jkoflow.graph([0 1i; 1i 0]));
  raises('jkoflow:badValue', 'from 0 to 2^53', @() jkoflow.graph('path', 1e18));
  raises('jkoflow:badType', 'not complex double', @() jkoflow.geodesic(g, a + 1i, a));
  raises('jkoflow:badType', 'real number', @() jkoflow.geodesic(g, a, a, 'Tolerance', 1i));

  list = jkoflow.options('geodesic');
  assert(all(ismember({'tolerance', 'max_iterations', 'mean'}, {list.name})));
  assert(~any(ismember({'cancel', 'user_data', 'reserved'}, {list.name})));
  limit = list(strcmp({list.name}, 'max_iterations'));
  assert(limit.default == 1000 && ~isempty(limit.text));
  raises('jkoflow:badOption', 'geodesic', @() jkoflow.options('nothing'));
  assert(~isempty(regexp(jkoflow.version(), '^\d+\.\d+\.\d+$', 'once')));

  positions_are_said_to_count_from_0(g, a);
end

% The library is a C library: what its messages number begins at 0, which they say where they do.
function positions_are_said_to_count_from_0(g, a)
  W = [0 1 2; 0 0 1; 2 1 0];
  broken = sparse([0 1 0 0; 1 0 0 0; 0 0 0 1; 0 0 1 0]);
  numbered = {
    'mu0[2]: ', @() jkoflow.geodesic(g, [0.5 0.5 NaN], a);
    'snapshots[1][0]: ', @() jkoflow.fit(g, [0 1], [a' [-1; 1; 1]]);
    'times[1]: ', @() jkoflow.flow_fit(g, [1 0], [a' a']);
    'counts[1]: nothing', @() jkoflow.count_fit(g, [0 1], [10 * a' 0 * a']);
    'W[0,1] ', @() jkoflow.energy(g, 'Interaction', W);
    'edges[1]: self-loop at node 1', @() jkoflow.graph(3, [1 2], [2 2], []);
    'edge 0-1 was given before, as edges[0]', @() jkoflow.graph(3, [1 2], [2 1], []);
    'target[1]: node 4, but the graph has 3 nodes, counted from 1', ...
      @() jkoflow.graph(3, [1 2], [2 4], []);
    'node 0)', @() jkoflow.graph(broken);
    'row 0, column 1, entry[0]: -1', @() jkoflow.kernel([0 -1; 1 0]);
    'on the edge 1-2 the flows', @() jkoflow.kernel([0 1 2; 2 0 1; 1 2 0]);
    'from block 0 to 1', ...
      @() jkoflow.graph('stochastic_block', [2 3], [1 0.5; 1 1], 1);
    'sides[1]: ', @() jkoflow.graph('grid', [3 0]);
    };
  for k = 1:size(numbered, 1)
    message = complaint(numbered{k, 2});
    assert(~isempty(strfind(message, numbered{k, 1})), message);
    assert(~isempty(regexp(message, ' \(positions counted from 0\)$', 'once')), message);
  end
  silent = {
    @() jkoflow.geodesic(g, [0.5 0.5], a);
    @() jkoflow.geodesic(g, 2 * a, a);
    @() jkoflow.geodesic(g, a, a, 'Tolerance', 7);
    @() jkoflow.geodesic(g, a, a, 'Tolerance', [1 2]);
    @() jkoflow.graph('cycle', 2);
    @() jkoflow.problem(g, 'Terms', {{'power', 2}, {'power', 2}});
    @() jkoflow.flow_fit(g, [0 1], [a' a'], 'Mixing', 2);
    @() jkoflow.solve(jkoflow.problem(g));
    @() jkoflow.graph_info(7);
    };
  for k = 1:numel(silent)
    message = complaint(silent{k});
    assert(isempty(strfind(message, 'counted from 0')), message);
  end
end

function message = complaint(action)
  message = '';
  try
    action();
  catch trouble
    message = trouble.message;
  end
  assert(~isempty(message), 'an error was expected');
end
