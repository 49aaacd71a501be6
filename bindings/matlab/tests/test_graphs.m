function test_graphs()
  every_way_gives_the_same_graph();
  families_have_their_sizes();
  kernel_keeps_its_measure();
  masses_and_densities();
  mobility_is_the_mean();
end

function every_way_gives_the_same_graph()
  W = sparse([0 2 0; 2 0 1; 0 1 0]);
  a = jkoflow.graph_info(jkoflow.graph(W));
  b = jkoflow.graph_info(jkoflow.graph(full(W)));
  c = jkoflow.graph_info(jkoflow.graph(3, [1 2], [2 3], [2 1]));
  d = jkoflow.graph_info(jkoflow.chain(a.pi, a.source, a.target, a.conductance));
  near(a.pi, [2; 3; 1] / 6, 1e-15, 'degrees over their sum');
  near(a.conductance, [2; 1] / 6, 1e-15, 'weights over the sum of degrees');
  assert(isequal(a, b, c) && isequal([a.source a.target], [1 2; 2 3]));
  near(d.conductance, a.conductance, 1e-15, 'chain');
  u = jkoflow.graph_info(jkoflow.graph(3, [1 2], [2 3], [], 'Reference', 'uniform'));
  near(u.pi, ones(3, 1) / 3, 1e-15, 'uniform measure');
  s = jkoflow.graph_info(jkoflow.graph(2, [1 2], [2 1], [1 2], 'Duplicates', 'sum'));
  near(s.conductance, 0.5, 1e-15, 'sum of one edge twice');
  raises('jkoflow:invalidArgument', 'symmetric', @() jkoflow.graph(sparse([0 1; 2 0])));
  raises('jkoflow:selfLoop', '', @() jkoflow.graph(sparse([1 1; 1 0])));
  raises('jkoflow:disconnected', '', @() jkoflow.graph(sparse([0 1 0 0; 1 0 0 0; 0 0 0 1; 0 0 1 0])));
end

function families_have_their_sizes()
  sizes = @(varargin) cellfun(@(f) getfield(jkoflow.graph_info(jkoflow.graph(varargin{:})), f), ...
                              {'nodes', 'edges'});
  assert(isequal(sizes('path', 5), [5 4]));
  assert(isequal(sizes('cycle', 5), [5 5]));
  assert(isequal(sizes('star', 5), [5 4]));
  assert(isequal(sizes('complete', 5), [5 10]));
  assert(isequal(sizes('grid', [3 4]), [12 17]));
  assert(isequal(sizes('torus', [3 4], 'Reference', 'uniform'), [12 24]));
  assert(isequal(sizes('hypercube', 4), [16 32]));
  assert(isequal(sizes('hamming', 2, 3), [9 18]));
  assert(isequal(sizes('random_regular', 10, 3, 1), [10 15]));
  assert(isequal(sizes('random_tree', 9, 1), [9 8]));
  assert(isequal(sizes('watts_strogatz', 12, 4, 0.1, 1), [12 24]));
  assert(isequal(sizes('erdos_renyi', 7, 1, 1), [7 21]));
  assert(isequal(sizes('stochastic_block', [2 3], ones(2), 1), [5 10]));
  assert(isequal(sizes('nearest_neighbours', [0 1 2.1 3.3], 1, 0), [4 3]));
  trees = jkoflow.graph_info(jkoflow.graph('BarabasiAlbert', 20, 1, 7));
  assert(trees.edges == 19);
  raises('jkoflow:usage', 'alphabet', @() jkoflow.graph('hamming', 2));
  raises('jkoflow:badOption', 'clique', @() jkoflow.graph('clique', 2));
  raises('jkoflow:badValue', 'whole', @() jkoflow.graph('path', 2.5));
end

function kernel_keeps_its_measure()
  weight = [0 3 1; 3 0 2; 1 2 0];
  mass = sum(weight, 2) / sum(weight(:));
  K = weight ./ sum(weight, 2);
  for g = {jkoflow.kernel(K), jkoflow.kernel(sparse(K), 'Pi', mass)}
    info = jkoflow.graph_info(g{1});
    near(info.pi, mass, 1e-14, 'reversible measure');
    near(info.conductance, [3; 1; 2] / sum(weight(:)), 1e-14, 'PI(x) * K(x,y)');
  end
  raises('jkoflow:notReversible', '', @() jkoflow.kernel([0 1 2; 2 0 1; 1 2 0]));
  raises('jkoflow:lengthMismatch', 'square', @() jkoflow.kernel(ones(2, 3)));
end

function masses_and_densities()
  g = jkoflow.graph(sparse([0 2 0; 2 0 1; 0 1 0]));
  measure = [2; 3; 1] / 6;
  mu = [0.5 0.5 0];
  near(jkoflow.density(g, mu), mu(:) ./ measure, 1e-15, 'density');
  near(jkoflow.mix(g, mu, 0.25), 0.75 * mu(:) + 0.25 * measure, 1e-15, 'mix');
  near(jkoflow.centre(g, [1 2 3]), [1; 2; 3] - [1 2 3] * measure, 1e-15, 'centre');
  jkoflow.check_distribution(g, mu);
  raises('jkoflow:badValue', '', @() jkoflow.check_distribution(g, mu, true));
  raises('jkoflow:notNormalised', '', @() jkoflow.check_distribution(g, 2 * mu));
end

function mobility_is_the_mean()
  [theta, gradient, hessian] = jkoflow.mobility('logarithmic', 3, 2);
  L = log(3 / 2);
  near(theta, 1 / L, 1e-15, 'logarithmic mean');
  near(gradient, [1 / L - 1 / (3 * L^2); -1 / L + 1 / (2 * L^2)], 1e-14, 'its gradient');
  near(3 * hessian(1) + 2 * hessian(2), 0, 1e-14, 'Euler: the gradient has degree 0');
  near(jkoflow.mobility('geometric', 4, 9), 6, 1e-14, 'geometric mean');
end
