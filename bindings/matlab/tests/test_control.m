function test_control()
  [g, a, b] = long_problem();
  time_limits_end_a_solve(g, a, b);
  a_callback_stops_a_solve(g, a, b);
  an_error_in_a_callback_comes_back(g, a, b);
  a_callback_may_use_the_library(g, a, b);
end

% Between opposite corners Newton's method works for many seconds.
function [g, a, b] = long_problem()
  n = 14;
  g = jkoflow.graph('grid', [n n], 'Reference', 'uniform');
  a = zeros(n^2, 1);
  a(1) = 1;
  b = a(end:-1:1);
end

function time_limits_end_a_solve(g, a, b)
  clock = tic();
  r = quietly('jkoflow:cancelled', @() jkoflow.geodesic(g, a, b, 'Tolerance', 1e-9, 'TimeLimit', 0.2));
  assert(toc(clock) < 5 && ~r.converged && strcmp(r.status, 'cancelled'));
  assert(r.distance > 0, 'the best so far');
  s = jkoflow.solver(g, 'Tolerance', 1e-9);
  clock = tic();
  quietly('jkoflow:cancelled', @() jkoflow.distance(s, a, b, 'TimeLimit', 0.2));
  assert(toc(clock) < 5, 'a solver keeps its options, but not its time limit');
  p = jkoflow.problem(g, 'Tolerance', 1e-12, 'MaxIterations', 100000);
  S = [jkoflow.mix(g, a, 1e-4), jkoflow.mix(g, b, 1e-4)];
  raises('jkoflow:cancelled', '', @() jkoflow.add_trajectory(p, [0 1], S, 'TimeLimit', 0.2));
  assert(jkoflow.pairs(p) == 0);
end

function a_callback_stops_a_solve(g, a, b)
  r = quietly('jkoflow:cancelled', ...
              @() jkoflow.geodesic(g, a, b, 'Tolerance', 1e-9, 'Progress', @(p) p.iterations >= 3));
  assert(r.iterations >= 3 && r.iterations < 60);
  fields = {'done', 'iterations', 'residual', 'seconds', 'total'};
  quietly('jkoflow:cancelled', ...
          @() jkoflow.distance(g, a, b, 'Progress', @(p) isequal(sort(fieldnames(p))', fields)));
end

function an_error_in_a_callback_comes_back(g, a, b)
  before = jkoflow.handles();
  for k = 1:3
    raises('my:trouble', 'after 0', @() jkoflow.distance(g, a, b, 'Progress', ...
           @(p) error('my:trouble', 'after %d', 0 * p.iterations)));
  end
  assert(jkoflow.handles() == before);
  near(jkoflow.distance(g, a, a), 0, 0, 'the next call works');
end

function a_callback_may_use_the_library(g, a, b)
  small = jkoflow.graph('path', 3);
  expected = jkoflow.distance(small, [0.2 0.3 0.5], [0.5 0.3 0.2]);
  quietly('jkoflow:cancelled', @() jkoflow.distance(g, a, b, 'Progress', @(p) ...
          abs(jkoflow.distance(small, [0.2 0.3 0.5], [0.5 0.3 0.2]) - expected) < 1e-12));
  raises('jkoflow:busy', 'callback', @() jkoflow.distance(g, a, b, 'Progress', @(p) free_and_go_on(g)));
  assert(getfield(jkoflow.graph_info(g), 'nodes') == numel(a));
end

function stop = free_and_go_on(g)
  jkoflow.free(g);
  stop = false;
end
