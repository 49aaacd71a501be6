function test_handles()
  handles_are_freed_once();
  parts_outlive_the_whole();
  wrong_handles_are_refused();
  clearing_waits_for_the_handles();
  errors_leave_nothing_behind();
end

function handles_are_freed_once()
  before = jkoflow.handles();
  g = jkoflow.graph('path', 3);
  assert(jkoflow.handles() == before + 1);
  jkoflow.free(g);
  raises('jkoflow:badHandle', 'has been freed', @() jkoflow.free(g));
  raises('jkoflow:badHandle', 'has been freed', @() jkoflow.graph_info(g));
  h = jkoflow.graph('path', 3);
  assert(h.id ~= g.id, 'numbers are not given out twice');
  jkoflow.free(h);
  assert(jkoflow.handles() == before);
end

function parts_outlive_the_whole()
  g = jkoflow.graph('path', 3);
  e = jkoflow.energy(g, 'Entropy', 1);
  s = jkoflow.solver(g);
  jkoflow.free(g);
  assert(jkoflow.distance(s, [0.2 0.3 0.5], [0.5 0.3 0.2]) > 0);
  r = jkoflow.flow(e, [0.2 0.3 0.5], [0 1]);
  assert(abs(sum(r.mass(:, 2)) - 1) < 1e-12);
  jkoflow.free(e, s);
end

function wrong_handles_are_refused()
  g = jkoflow.graph('path', 3);
  e = jkoflow.energy(g);
  raises('jkoflow:badHandle', 'a graph is needed', @() jkoflow.graph_info(e));
  raises('jkoflow:badHandle', 'no handle', @() jkoflow.graph_info(7));
  raises('jkoflow:badHandle', 'no handle', @() jkoflow.graph_info(struct('id', 'one')));
  raises('jkoflow:badHandle', 'never', @() jkoflow.graph_info(struct('kind', 'graph', 'id', 1e9)));
  raises('jkoflow:badHandle', 'never', @() jkoflow.free(struct('kind', 'graph', 'id', 0)));
  raises('jkoflow:badHandle', 'never', @() jkoflow.graph_info(struct('kind', 'graph', 'id', 1.5)));
  raises('jkoflow:badHandle', 'no handle', @() jkoflow.graph_info(struct('kind', 'graph', 'id', NaN)));
  jkoflow.free(g, e);
end

function clearing_waits_for_the_handles()
  g = jkoflow.graph('path', 3);
  clear jkoflow_mex
  assert(getfield(jkoflow.graph_info(g), 'nodes') == 3, 'cleared while a handle lived');
  jkoflow.free('all');
  clear jkoflow_mex
  assert(jkoflow.handles() == 0);
  raises('jkoflow:badHandle', '', @() jkoflow.graph_info(g));
end

% Many errors on the way to a result: the registry stays as it was.
function errors_leave_nothing_behind()
  g = jkoflow.graph('path', 3);
  before = jkoflow.handles();
  for k = 1:50
    raises('jkoflow:badValue', '', @() jkoflow.energy(g, 'Potential', [1 NaN 2]));
    raises('jkoflow:invalidArgument', '', ...
           @() jkoflow.geodesic(g, [0.2 0.3 0.5], [0.5 0.3 0.2], 'Times', [0.5 7]));
  end
  assert(jkoflow.handles() == before);
end
