function test_energies()
  energy_has_its_formula();
  heat_flow_is_linear();
  jko_step_is_optimal();
end

function energy_has_its_formula()
  g = jkoflow.graph(sparse([0 2 0; 2 0 1; 0 1 0]));
  measure = [2; 3; 1] / 6;
  V = [1; -2; 0.5];
  W = [1 0.5 0; 0.5 2 -1; 0 -1 0];
  mu = [0.5; 0.2; 0.3];
  rho = mu ./ measure;
  value = V' * mu + mu' * W * mu / 2 + 0.7 * mu' * log(rho) + 0.3 * measure' * rho.^2;
  first = V + W * mu + 0.7 * (log(rho) + 1) + 0.6 * rho;
  second = W * [1; 2; 3] + (0.7 ./ mu + 0.6 ./ measure) .* [1; 2; 3];
  for interaction = {W, sparse(W)}
    e = jkoflow.energy(g, 'Potential', V, 'Interaction', interaction{1}, 'Entropy', 0.7, ...
                       'Power', [2; 0.3]);
    near(jkoflow.energy_value(e, mu), value, 1e-14, 'value');
    near(jkoflow.first_variation(e, mu), first, 1e-14, 'first variation');
    near(jkoflow.second_variation(e, mu, [1 2 3]), second, 1e-13, 'second variation');
  end
  raises('jkoflow:invalidArgument', '', @() jkoflow.energy(g, 'Interaction', [1 2 3; 0 1 2; 1 1 1]));
  raises('jkoflow:lengthMismatch', '', @() jkoflow.energy(g, 'Potential', [1 2]));
end

function heat_flow_is_linear()
  g = jkoflow.graph('cycle', 5, 'Reference', 'uniform');
  info = jkoflow.graph_info(g);
  C = full(sparse(info.source, info.target, info.conductance, 5, 5));
  C = C + C';
  generator = (C - diag(sum(C))) * diag(1 ./ info.pi);
  mu = [0.5 0.2 0.1 0.1 0.1]';
  times = [0 0.3 1];
  r = jkoflow.flow(jkoflow.energy(g, 'Entropy', 1), mu, times);
  near(r.times, times', 0, 'times');
  for k = 1:3
    near(r.mass(:, k), expm(times(k) * generator) * mu, 1e-7, 'heat flow');
  end
  assert(all(diff(r.energies) < 0) && r.steps > 0 && strcmp(r.status, 'ok'));
end

function jko_step_is_optimal()
  g = jkoflow.graph('path', 4);
  e = jkoflow.energy(g, 'Entropy', 0.5, 'Potential', [0 1 -1 0.5]);
  mu = [0.1 0.4 0.2 0.3]';
  [mass, info] = jkoflow.jko_step(e, mu, 0.2);
  r = jkoflow.geodesic(g, mu, mass);
  optimality = 0.2 * jkoflow.first_variation(e, mass) + r.potential_end;
  near(optimality, mean(optimality) * ones(4, 1), 1e-6, 'tau dF + psi(1) is constant');
  near(info.distance, r.distance, 1e-8, 'distance');
  assert(info.converged);
end
