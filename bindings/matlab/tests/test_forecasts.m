function test_forecasts()
  [g, generator, times, S] = heat();
  flows_are_continued(g, times, S);
  errors_are_those_of_the_delta_method(g, generator, times, S);
  counts_are_continued_from_their_start(g, generator, times, S);
  steps_are_those_of_the_scheme(g, times, S);
  the_mean_is_that_of_the_fit(g, times, S);
  what_is_not_known_is_said(g, times, S);
  wrong_questions_are_refused(g, times, S);
  forecasts_can_be_stopped(g, times, S);
end

% Snapshots of the heat flow, the gradient flow of the entropy, which is linear: mu' = beta * L * mu.
function [g, generator, times, S] = heat()
  g = jkoflow.graph('cycle', 5, 'Reference', 'uniform');
  info = jkoflow.graph_info(g);
  C = full(sparse(info.source, info.target, info.conductance, 5, 5));
  C = C + C';
  generator = (C - diag(sum(C))) * diag(1 ./ info.pi);
  times = 0:0.2:1;
  for k = 1:numel(times)
    S(:, k) = expm(0.4 * times(k) * generator) * [0.5; 0.2; 0.1; 0.05; 0.15];
  end
end

% The same with a scatter that sums to zero, so that there are standard errors.
function S = scattered(S)
  S = S + 1e-3 * (sin(7 * reshape(1:numel(S), size(S))) - mean(sin(7 * reshape(1:numel(S), size(S)))));
end

function flows_are_continued(g, times, S)
  mu = S(:, end);
  later = 1 + [0 0.5 2];
  for learned = {jkoflow.fit(g, times, S), jkoflow.flow_fit(g, times, S), ...
                 jkoflow.count_fit(g, times, 1e9 * S)}
    r = jkoflow.forecast(learned{1}, mu, later);
    expected = jkoflow.flow(learned{1}.energy, mu, later, 'Tolerance', 1e-12, 'MaxSteps', 1e5);
    assert(isequal(sort(fieldnames(r))', {'lower', 'mass', 'standard_errors', 'times', 'upper'}));
    near(r.times, later', 0, 'times');
    near(r.mass, expected.mass, 1e-7, 'masses');
    assert(isequal(size(r.standard_errors), [5 3]) && all(r.standard_errors(:, 1) == 0));
    jkoflow.free(learned{1});
    raises('jkoflow:badHandle', 'has been freed', @() jkoflow.forecast(learned{1}, mu, later));
  end
end

% One parameter: d mu / d beta = t * L * mu, and bands are intervals of the logarithm.
function errors_are_those_of_the_delta_method(g, generator, times, S)
  noisy = scattered(S);
  later = [0 0.5 2];
  terms = {'Terms', {'entropy'}};
  for learned = {jkoflow.fit(g, times, noisy, terms{:}), jkoflow.flow_fit(g, times, noisy, terms{:}), ...
                 jkoflow.count_fit(g, times, 1e6 * noisy, terms{:})}
    beta = learned{1}.entropy;
    error_ = learned{1}.standard_errors;
    assert(error_ > 1e-6 && abs(beta - 0.4) < 0.1);
    r = jkoflow.forecast(learned{1}, S(:, end), later, 'Tolerance', 1e-10);
    for k = 1:numel(later)
      mu = expm(beta * later(k) * generator) * S(:, end);
      near(r.mass(:, k), mu, 1e-8, 'heat flow');
      near(r.standard_errors(:, k), error_ * abs(later(k) * generator * mu), 1e-6 * error_, 'errors');
    end
    near(r.lower, r.mass .* exp(-1.96 * r.standard_errors ./ r.mass), 1e-14, 'lower');
    near(r.upper, r.mass .* exp(1.96 * r.standard_errors ./ r.mass), 1e-14, 'upper');
    wide = jkoflow.forecast(learned{1}, S(:, end), later, 'Tolerance', 1e-10, 'Quantile', 3);
    near(wide.upper, r.mass .* exp(3 * r.standard_errors ./ r.mass), 1e-14, 'wider');
    jkoflow.free(learned{1});
  end
end

function counts_are_continued_from_their_start(g, generator, times, S)
  second = expm(0.3 * generator) * S(:, 1:3);
  data = {g, {times, 2 + times(1:3)}, {1e6 * scattered(S), 1e6 * scattered(second)}};
  learned = jkoflow.count_fit(data{:}, 'Terms', {'entropy'});
  r = jkoflow.forecast(learned, [], [0 0.3 1.7]);
  near(r.mass(:, 1), learned.start(:, 1), 1e-12, 'it begins at the start');
  near(r.mass(:, 3), expm(learned.entropy * 1.7 * generator) * learned.start(:, 1), 1e-7, 'heat flow');
  known = jkoflow.forecast(learned, learned.start(:, 1), [0 0.3 1.7]);
  near(r.mass, known.mass, 1e-7, 'as from a known start');
  % even of the start each node is one of the sorts of a multinomial of at least 1e6 individuals
  bound = sqrt(r.mass(:, 1) .* (1 - r.mass(:, 1)) / 1e6);
  assert(all(r.standard_errors(:, 1) > 0 & r.standard_errors(:, 1) < bound), 'the start is uncertain');
  r = jkoflow.forecast(learned, [], [2.5 3], 'Trajectory', 2);
  near(r.mass(:, 1), expm(learned.entropy * 0.5 * generator) * learned.start(:, 2), 1e-7, 'the second');
  assert(all(r.lower(:) < r.mass(:) & r.mass(:) < r.upper(:)));
  raises('jkoflow:invalidArgument', 'from 1 to 2', ...
         @() jkoflow.forecast(learned, [], [2 3], 'Trajectory', 3));
  raises('jkoflow:invalidArgument', 'from 1 to 2', ...
         @() jkoflow.forecast(learned, [], [2 3], 'Trajectory', 0));
  raises('jkoflow:invalidArgument', 'begin at 2', ...
         @() jkoflow.forecast(learned, [], [1 3], 'Trajectory', 2));
  raises('jkoflow:invalidArgument', 'mu0 has to be empty', ...
         @() jkoflow.forecast(learned, S(:, 1), [2 3], 'Trajectory', 2));
  jkoflow.free(learned);
end

function steps_are_those_of_the_scheme(g, times, S)
  tau = 0.1;
  for learned = {jkoflow.flow_fit(g, times, scattered(S), 'Terms', {'entropy'}), ...
                 jkoflow.count_fit(g, times, 1e6 * scattered(S), 'Terms', {'entropy'})}
    r = jkoflow.forecast_steps(learned{1}, S(:, 1), tau, 3, 'Tolerance', 1e-10, 'NumThreads', 2);
    near(r.times, tau * (0:3)', 1e-15, 'times');
    beta = learned{1}.entropy;
    error_ = learned{1}.standard_errors;
    h = 0.01 * beta;
    slope = (scheme(g, beta + h, S(:, 1), tau) - scheme(g, beta - h, S(:, 1), tau)) / (2 * h);
    near(r.mass, scheme(g, beta, S(:, 1), tau), 1e-7, 'masses');
    near(r.standard_errors, error_ * abs(slope), 1e-3 * error_, 'errors');
    near(r.upper, r.mass .* exp(1.96 * r.standard_errors ./ r.mass), 1e-14, 'upper');
    jkoflow.free(learned{1});
  end
end

function S = scheme(g, beta, S, tau)
  e = jkoflow.energy(g, 'Entropy', beta);
  for k = 1:3
    S(:, k + 1) = jkoflow.jko_step(e, S(:, k), tau, 'Tolerance', 1e-10);
  end
  jkoflow.free(e);
end

% The energy was learned under a mean, and under another one it has another flow.
function the_mean_is_that_of_the_fit(g, times, S)
  for learned = {jkoflow.fit(g, times, S, 'Mean', 'harmonic', 'Terms', {'entropy'}), ...
                 jkoflow.flow_fit(g, times, S, 'Mean', 'harmonic', 'Terms', {'entropy'}), ...
                 jkoflow.count_fit(g, times, 1e6 * S, 'Mean', 'harmonic', 'Terms', {'entropy'})}
    assert(strcmp(learned{1}.mean, 'harmonic'));
    ask = @(varargin) jkoflow.forecast(learned{1}, S(:, 1), [0 1], varargin{:});
    expected = jkoflow.flow(learned{1}.energy, S(:, 1), [0 1], 'Mean', 'harmonic', 'Tolerance', 1e-10);
    near(getfield(ask(), 'mass'), expected.mass, 1e-6, 'the mean is taken');
    near(getfield(ask('Mean', 'harmonic'), 'mass'), expected.mass, 1e-6, 'or said');
    raises('jkoflow:invalidArgument', 'log, but the fit''s is harmonic', ...
           @() ask('Mean', 'logarithmic'));
    jkoflow.free(learned{1});
  end
  learned = jkoflow.flow_fit(g, times, S, 'Mean', 'harmonic', 'Terms', {'entropy'});
  assert(numel(getfield(jkoflow.forecast_steps(learned, S(:, 1), 0.1, 1), 'times')) == 2);
  raises('jkoflow:invalidArgument', 'options.mean', ...
         @() jkoflow.forecast_steps(learned, S(:, 1), 0.1, 1, 'Mean', 'geometric'));
  jkoflow.free(learned);
  raises('jkoflow:invalidArgument', 'shares', @() jkoflow.count_fit(g, times, S));
end

% Sums without single steps leave no covariance, and terms of the caller no energy.
function what_is_not_known_is_said(g, times, S)
  single = jkoflow.problem(g);
  jkoflow.add_trajectory(single, times, S);
  sums = jkoflow.problem(g);
  jkoflow.add_statistics(sums, jkoflow.statistics(single));
  learned = jkoflow.solve(sums);
  r = jkoflow.forecast(learned, S(:, 1), [0 1]);
  expected = jkoflow.flow(learned.energy, S(:, 1), [0 1], 'Tolerance', 1e-12, 'MaxSteps', 1e5);
  near(r.mass, expected.mass, 1e-7, 'masses');
  assert(all(isnan(r.standard_errors(:))) && all(isnan(r.lower(:))) && all(isnan(r.upper(:))));
  assert(all(all(isnan(jkoflow.covariance(learned)))));
  mine = jkoflow.problem(g, 'Terms', {{'given', 'mine', 1}, 'entropy'});
  jkoflow.add_trajectory(mine, times, S, 'Variations', sin((1:5)' * (1:numel(times))));
  raises('jkoflow:invalidArgument', 'only the caller', ...
         @() jkoflow.forecast(jkoflow.solve(mine), S(:, 1), [0 1]));
end

function wrong_questions_are_refused(g, times, S)
  quadratic = jkoflow.fit(g, times, S);
  flow = jkoflow.flow_fit(g, times, S);
  mu = S(:, 1);
  before = jkoflow.handles();
  for learned = {quadratic, flow}
    ask = @(varargin) jkoflow.forecast(learned{1}, varargin{:});
    raises('jkoflow:lengthMismatch', 'mu0', @() ask(mu(2:end), [0 1]));
    raises('jkoflow:badValue', 'mu0', @() ask([0; mu(1) + mu(2); mu(3:5)], [0 1]));
    raises('jkoflow:invalidArgument', 'times', @() ask(mu, []));
    raises('jkoflow:badValue', 'increase', @() ask(mu, [0 2 1]));
    raises('jkoflow:invalidArgument', 'only a fit of counts', @() ask([], [0 1]));
    raises('jkoflow:badValue', 'Quantile', @() ask(mu, [0 1], 'Quantile', Inf));
    raises('jkoflow:badValue', 'Quantile', @() ask(mu, [0 1], 'Quantile', -1));
    raises('jkoflow:badOption', 'max_steps', @() ask(mu, [0 1], 'Ridge', 1));
    raises('jkoflow:flowFailed', 'limit', @() ask(mu, [0 100], 'MaxSteps', 1));
  end
  raises('jkoflow:badHandle', 'this is a graph', @() jkoflow.forecast(struct('fitted', g), mu, [0 1]));
  raises('jkoflow:badHandle', 'no handle', @() jkoflow.forecast(struct('fitted', 3), mu, [0 1]));
  raises('jkoflow:badHandle', 'of the flow or of counts', ...
         @() jkoflow.forecast_steps(quadratic, mu, 0.1, 2));
  raises('jkoflow:invalidArgument', 'tau', @() jkoflow.forecast_steps(flow, mu, -1, 2));
  raises('jkoflow:badValue', 'whole', @() jkoflow.forecast_steps(flow, mu, 0.1, 2.5));
  raises('jkoflow:badHandle', 'this is a flow_fitted', ...
         @() jkoflow.explained(flow, jkoflow.problem(g)));
  assert(jkoflow.handles() == before + 1, 'but for the problem nothing is left');
  jkoflow.free(quadratic, flow);
end

function forecasts_can_be_stopped(g, times, S)
  for learned = {jkoflow.fit(g, times, S), jkoflow.flow_fit(g, times, S), ...
                 jkoflow.count_fit(g, times, 1e6 * S)}
    ask = @(varargin) jkoflow.forecast(learned{1}, S(:, 1), [0 1], varargin{:});
    raises('jkoflow:cancelled', '', @() ask('TimeLimit', 0));
    raises('jkoflow:cancelled', '', @() ask('Progress', @(p) true));
    raises('my:trouble', 'mine', @() ask('Progress', @(p) error('my:trouble', 'mine')));
    jkoflow.free(learned{1});
  end
end
