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

  list = jkoflow.options('geodesic');
  assert(all(ismember({'tolerance', 'max_iterations', 'mean'}, {list.name})));
  assert(~any(ismember({'cancel', 'user_data', 'reserved'}, {list.name})));
  limit = list(strcmp({list.name}, 'max_iterations'));
  assert(limit.default == 1000 && ~isempty(limit.text));
  raises('jkoflow:badOption', 'geodesic', @() jkoflow.options('nothing'));
  assert(~isempty(regexp(jkoflow.version(), '^\d+\.\d+\.\d+$', 'once')));
end
