function test_fits()
  [g, e, times, S] = iterates();
  learns_what_made_the_steps(g, times, S);
  parts_make_the_whole(g, times, S);
  terms_are_read(g, times, S);
  loss_is_that_of_the_fit(g, times, S);
  wrong_terms_are_refused(g);
end

% Steps of the JKO scheme fulfil the condition that the backward loss asks for, exactly.
function [g, e, times, S] = iterates()
  g = jkoflow.graph('cycle', 5, 'Reference', 'uniform');
  e = jkoflow.energy(g, 'Potential', potential(), 'Entropy', 0.4);
  times = 0:0.1:0.8;
  S = [0.3; 0.1; 0.2; 0.15; 0.25];
  for k = 2:numel(times)
    S(:, k) = jkoflow.jko_step(e, S(:, k - 1), 0.1, 'Tolerance', 1e-10);
  end
end

function V = potential()
  V = [0.5; -0.2; 0.1; -0.7; 0.3];
end

function learns_what_made_the_steps(g, times, S)
  learned = jkoflow.fit(g, times, S, 'Loss', 'backward', 'NumThreads', 2);
  near(learned.potential, potential(), 1e-5, 'potential');
  near(learned.entropy, 0.4, 1e-5, 'entropy');
  near(learned.explained, 1, 1e-8, 'explained');
  assert(learned.pairs == 8 && numel(learned.parameter_names) == 6 && numel(learned.residuals) == 8);
  near(sqrt(diag(jkoflow.covariance(learned))), learned.standard_errors, 1e-12, 'standard errors');
  again = jkoflow.flow(learned.energy, S(:, 1), [0 0.05]);
  truth = jkoflow.energy(g, 'Potential', potential(), 'Entropy', 0.4);
  expected = jkoflow.flow(truth, S(:, 1), [0 0.05]);
  near(again.mass, expected.mass, 1e-6, 'flow of what was learned');
  jkoflow.free(learned);
end

function parts_make_the_whole(g, times, S)
  options = {'Loss', 'backward', 'Terms', {'potential', 'entropy'}};
  whole = jkoflow.problem(g, options{:});
  jkoflow.add_trajectory(whole, times, S);
  first = jkoflow.problem(g, options{:});
  jkoflow.add_trajectory(first, times(1:4), S(:, 1:4));
  second = jkoflow.problem(g, options{:});
  for k = 4:8
    jkoflow.add_pair(second, g, S(:, k), S(:, k + 1), 0.1);
  end
  merged = jkoflow.problem(g, options{:});
  jkoflow.add_problem(merged, first);
  jkoflow.add_problem(merged, second);
  assert(jkoflow.pairs(whole) == 8 && jkoflow.pairs(merged) == 8);
  summed = jkoflow.problem(g, options{:});
  jkoflow.add_statistics(summed, jkoflow.statistics(first));
  third = jkoflow.problem(g, options{:});
  jkoflow.add_trajectory(third, times(4:9), S(:, 4:9));
  jkoflow.add_statistics(summed, jkoflow.statistics(third));
  expected = jkoflow.solve(whole);
  for part = {merged, summed}
    learned = jkoflow.solve(part{1});
    near(learned.parameters, expected.parameters, 1e-7, 'parameters');
  end
  assert(isempty(learned.residuals) || numel(learned.residuals) == 8);
  near(jkoflow.explained(expected, whole), expected.explained, 1e-12, 'explained');
  near(jkoflow.cross_validate(whole, 4), 1, 1e-6, 'steps without noise are predicted');
  without = jkoflow.cross_validate(whole, 4, 'Included', [0 1], 'Ridge', [0 0]);
  assert(without < 0.99);
end

function terms_are_read(g, times, S)
  hops = [0 1 2 2 1; 1 0 1 2 2; 2 1 0 1 2; 2 2 1 0 1; 1 2 2 1 0];
  terms = {{'potential_in', potential()}, 'entropy'};
  learned = jkoflow.fit(g, times, S, 'Loss', 'backward', 'Terms', terms);
  near(learned.parameters, [1; 0.4], 1e-5, 'multiple of the potential');
  zero = {{'power', 2}, {'interaction_by_hops', 1}, {'interaction_by_distance', hops, [0.5 1.5]}, ...
          {'interaction_radial', hops, 1, 0.5}, {'interaction_matrix', 'ring', double(hops == 1)}};
  for k = 1:numel(zero)
    learned = jkoflow.fit(g, times, S, 'Loss', 'backward', 'Terms', [terms, zero(k)]);
    near(learned.parameters, [1; 0.4; 0], 1e-4, 'what was not there is not found');
  end
  terms{2} = {'entropy', 'Bounds', [0 0.3]};
  learned = jkoflow.fit(g, times, S, 'Loss', 'backward', 'Terms', terms);
  near(learned.entropy, 0.3, 1e-12, 'entropy at its bound');
  given = jkoflow.problem(g, 'Loss', 'backward', 'Terms', {{'given', 'mine', 1}, 'entropy'});
  jkoflow.add_trajectory(given, times, S, 'Variations', repmat(potential(), 1, numel(times)));
  near(getfield(jkoflow.solve(given), 'parameters'), [1; 0.4], 1e-5, 'variations of a potential');
  ridge = jkoflow.problem(g, 'Loss', 'backward', 'Terms', {'potential', 'full_interaction'});
  jkoflow.add_trajectory(ridge, times, S);
  assert(numel(getfield(jkoflow.solve(ridge, 'Ridge', [0.1 0.1]), 'parameters')) == 20);
end

function loss_is_that_of_the_fit(g, times, S)
  loss = jkoflow.loss(g, times, S, 'Loss', 'symmetric');
  variations = sin((1:5)' * (1:9));
  [value, gradient] = jkoflow.loss_value(loss, variations);
  direction = cos((1:5)' * (1:9));
  h = 1e-5;
  rise = jkoflow.loss_value(loss, variations + h * direction) ...
       - jkoflow.loss_value(loss, variations - h * direction);
  near(sum(gradient(:) .* direction(:)), rise / (2 * h), 1e-6 * abs(value), 'gradient');
end

function wrong_terms_are_refused(g)
  raises('jkoflow:badOption', 'gravity', @() jkoflow.problem(g, 'Terms', {'gravity'}));
  raises('jkoflow:usage', 'a power', @() jkoflow.problem(g, 'Terms', {'power'}));
  raises('jkoflow:badOption', 'Bounds', ...
         @() jkoflow.problem(g, 'Terms', {{'power', 2, 'Limits', [0 1]}}));
  raises('jkoflow:invalidArgument', '', @() jkoflow.problem(g, 'Terms', {}));
  raises('jkoflow:badType', 'cell array', @() jkoflow.problem(g, 'Terms', 'potential'));
  raises('jkoflow:badOption', 'Variations', ...
         @() jkoflow.add_trajectory(jkoflow.problem(g), 1, 1, 'x', 1));
  raises('jkoflow:invalidArgument', '', @() jkoflow.solve(jkoflow.problem(g)));
end
