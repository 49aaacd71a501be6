function test_geodesics()
  two_nodes_have_a_closed_form();
  potentials_are_derivatives();
  bounds_enclose();
  many_agree_with_one();
  exponential_inverts_logarithm();
  barycentre_of_two_is_between();
  empty_nodes_are_welcome();
end

function two_nodes_have_a_closed_form()
  % with mu = (1 + r, 1 - r) / 2 on two nodes, W is an integral of the metric (Maas 2011, section 2)
  g = jkoflow.graph('path', 2, 'Reference', 'uniform');
  c = getfield(jkoflow.graph_info(g), 'conductance');
  speed = @(r) sqrt(atanh(r) ./ r / c) / 2;
  expected = quadgk(speed, 0.2, 0.9, 'AbsTol', 1e-13, 'RelTol', 1e-13);
  [d, estimate] = jkoflow.distance(g, [0.6 0.4], [0.95 0.05]);
  near(d, expected, 1e-8, 'logarithmic mean');
  assert(estimate >= 0 && estimate < 1e-8);
  near(jkoflow.distance(g, [0.6 0.4], [0.95 0.05], 'Mean', 'arithmetic'), 0.7 / 2 / sqrt(c), 1e-9, ...
       'arithmetic mean');
end

function potentials_are_derivatives()
  g = jkoflow.graph('cycle', 5);
  a = [0.1 0.2 0.3 0.25 0.15]';
  b = [0.3 0.1 0.2 0.15 0.25]';
  r = jkoflow.geodesic(g, a, b, 'Times', [0 0.5 1], 'Tolerance', 1e-11);
  assert(r.converged && strcmp(r.status, 'ok') && strcmp(r.mean, 'logarithmic'));
  h = 1e-4;
  for x = 2:5
    e = zeros(5, 1);
    e([1 x]) = [-h h];
    far = jkoflow.distance(g, a, b + e, 'Tolerance', 1e-11)^2 / 2;
    close = jkoflow.distance(g, a, b - e, 'Tolerance', 1e-11)^2 / 2;
    near(r.potential_end(x) - r.potential_end(1), (far - close) / (2 * h), 1e-6, 'psi(1)');
  end
  near(r.mass(:, [1 3]), [a b], 1e-9, 'ends of the path');
  near(sum(r.mass), ones(1, 3), 1e-12, 'mass');
  near(r.density, r.mass * 5, 1e-9, 'density');
  near(r.potential(:, 3), r.potential_end, 1e-7, 'potential at the end');
  near(jkoflow.distance(g, a, r.mass(:, 2)), r.distance / 2, 1e-6, 'half the way');
end

function bounds_enclose()
  g = jkoflow.graph('grid', [3 3], 'Reference', 'uniform');
  a = (1:9)' / 45;
  [lower, upper, d] = jkoflow.bounds(g, a, a(end:-1:1), 'Gap', 1e-3);
  assert(lower <= d && d <= upper && upper - lower <= 1e-3 * upper);
  [lower, upper] = quietly('jkoflow:resolution', ...
                           @() jkoflow.bounds(g, a, a(end:-1:1), 'Gap', 1e-12, 'MaxIntervals', 4));
  assert(lower <= d && d <= upper);
end

function many_agree_with_one()
  g = jkoflow.graph('path', 4);
  S = [0.1 0.2 0.3 0.4; 0.25 0.25 0.25 0.25; 0.4 0.1 0.2 0.3]';
  D = jkoflow.distance_matrix(g, S, 'NumThreads', 2);
  [d, converged, psi0, psi1] = jkoflow.consecutive(g, S);
  s = jkoflow.solver(g);
  for k = 1:2
    r = jkoflow.geodesic(g, S(:, k), S(:, k + 1));
    near(d(k), r.distance, 1e-9, 'consecutive');
    near(D(k, k + 1), r.distance, 1e-9, 'matrix');
    near(jkoflow.distance(s, S(:, k), S(:, k + 1)), r.distance, 1e-9, 'solver');
    near([psi0(:, k) psi1(:, k)], [r.potential_start r.potential_end], 1e-7, 'potentials');
  end
  assert(all(converged) && isequal(D, D') && all(diag(D) == 0));
  assert(D(1, 3) <= D(1, 2) + D(2, 3));
end

function exponential_inverts_logarithm()
  g = jkoflow.graph('cycle', 4, 'Reference', 'uniform');
  a = [0.4 0.3 0.2 0.1]';
  b = [0.25 0.15 0.3 0.3]';
  psi = jkoflow.logarithm(g, a, b);
  [end_, psi1, drift] = jkoflow.exponential(g, a, psi);
  r = jkoflow.geodesic(g, a, b);
  near(end_, b, 1e-7, 'exponential');
  near(psi1, r.potential_end, 1e-6, 'its potential');
  assert(drift < 1e-7);
  velocity = jkoflow.rate(g, a, psi);
  near(jkoflow.potential(g, a, velocity), psi, 1e-10, 'potential of the rate');
  near(jkoflow.product(g, a, psi, psi), r.distance^2, 1e-8, 'squared speed');
  near(jkoflow.product(g, a, psi, psi), -velocity' * psi * sign(-velocity' * psi), 1e-10, 'as a sum');
  times = linspace(0, 1, 81);
  path = jkoflow.exponential(g, a, psi, times);
  near(jkoflow.path_action(g, times, path), r.distance^2, 1e-4 * r.distance^2, 'action');
  lengths = jkoflow.path_lengths(g, path);
  near(sum(lengths), r.distance, 1e-4 * r.distance, 'length');
end

function barycentre_of_two_is_between()
  g = jkoflow.graph('path', 3, 'Reference', 'uniform');
  R = [0.5 0.3 0.2; 0.2 0.2 0.6]';
  [mass, info] = jkoflow.barycentre(g, R, [0.5 0.5]);
  r = jkoflow.geodesic(g, R(:, 1), R(:, 2), 'Times', 0.5);
  assert(info.converged);
  near(mass, r.mass, 1e-6, 'the middle of the geodesic');
  [weights, residual] = jkoflow.barycentre_weights(g, mass, R);
  near(weights, [0.5; 0.5], 1e-6, 'weights');
  near(residual, 0, 1e-6, 'residual');
end

function empty_nodes_are_welcome()
  g = jkoflow.graph('path', 2, 'Reference', 'uniform');
  c = getfield(jkoflow.graph_info(g), 'conductance');
  r = jkoflow.geodesic(g, [1 0], [0.5 0.5]);
  expected = quadgk(@(r) sqrt(atanh(r) ./ r / c) / 2, 0, 1, 'AbsTol', 1e-9);
  near(r.distance, expected, 1e-3, 'distance from a vertex');
  assert(r.potential_start(2) == Inf);
end
