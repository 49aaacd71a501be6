function test_flow_fits()
  [g, e, times, S] = observed();
  flows_recover_their_energy(g, times, S);
  trajectories_are_cells(g, e, times, S);
  counts_recover_their_energy(g, times, S);
  ridge_terms_and_start_are_read(g, times, S);
  bad_data_are_refused(g, times, S);
  work_can_be_stopped(g, times, S);
  clearing_ends_what_was_learned(g, times, S);
end

% Snapshots of the flow of a known energy, far apart in time.
function [g, e, times, S] = observed()
  g = jkoflow.graph('cycle', 5, 'Reference', 'uniform');
  e = jkoflow.energy(g, 'Potential', potential(), 'Entropy', 0.4);
  times = 0:0.3:1.8;
  S = trajectory(e, [0.3; 0.1; 0.2; 0.15; 0.25], times);
end

function S = trajectory(e, mu0, times)
  S = getfield(jkoflow.flow(e, mu0, times, 'Tolerance', 1e-12, 'MaxSteps', 1e5), 'mass');
end

function V = potential()
  V = [0.5; -0.2; 0.1; -0.7; 0.3];
end

function flows_recover_their_energy(g, times, S)
  learned = jkoflow.flow_fit(g, times, S, 'NumThreads', 2);
  near(learned.potential, potential(), 1e-6, 'potential');
  near(learned.entropy, 0.4, 1e-6, 'entropy');
  near(learned.parameters, [potential(); 0.4], 1e-6, 'parameters');
  near(learned.explained, 1, 1e-12, 'explained');
  near(learned.residual, 0, 1e-12, 'residual');
  assert(learned.pairs == 6 && numel(learned.residuals) == 6);
  assert(learned.converged && strcmp(learned.status, 'ok') && learned.iterations >= 1);
  assert(isequal(learned.parameter_names([1 5 6]), {'potential[0]'; 'potential[4]'; 'entropy'}));
  assert(isempty(learned.unidentified));
  errors = learned.standard_errors;
  near(sqrt(diag(jkoflow.covariance(learned))), errors, 1e-12 * max(errors), 'standard errors');
  near(jkoflow.covariance(learned, 6), errors(6)^2, 1e-12 * errors(6)^2, 'one of them');
  assert(all(isnan(jkoflow.covariance(learned, [0 7], 1))));
  again = jkoflow.flow(learned.energy, S(:, 1), times([1 end]));
  near(again.mass(:, 2), S(:, end), 1e-6, 'flow of what was learned');
  rough = jkoflow.fit(g, times, S);
  assert(abs(rough.entropy - 0.4) > 1e-4, 'the quadratic loss has a bias in the time step');
  poor = jkoflow.flow_fit(g, times, S, 'Terms', {'entropy'});
  near(sum(poor.residuals), poor.residual, 1e-12 * poor.residual, 'the residual is that of all steps');
  assert(poor.residual > 0 && poor.explained < 1 && isequal(poor.potential, zeros(5, 1)));
  jkoflow.free(learned, rough, poor);
end

function trajectories_are_cells(g, e, times, S)
  second = trajectory(e, [0.1; 0.4; 0.1; 0.3; 0.1], times(1:3));
  learned = jkoflow.flow_fit(g, {times, times(1:3)}, {S, second}, 'Noise', 'sandwich');
  near(learned.parameters, [potential(); 0.4], 1e-6, 'parameters');
  assert(learned.pairs == 8);
  counted = jkoflow.count_fit(g, {times, times(1:3)}, {1e9 * S, 1e9 * second});
  near(counted.start, [S(:, 1) second(:, 1)], 1e-7, 'a start for each trajectory');
  near(counted.parameters, [potential(); 0.4], 1e-5, 'parameters from counts');
  for fit = {@jkoflow.flow_fit, @jkoflow.count_fit}
    raises('jkoflow:badType', 'cell', @() fit{1}(g, times, {S}));
    raises('jkoflow:badType', 'cell', @() fit{1}(g, {times}, S));
    raises('jkoflow:lengthMismatch', 'times: 2', @() fit{1}(g, {times, times}, {S}));
    raises('jkoflow:badType', 'full array', @() fit{1}(g, {times}, {'S'}));
    raises('jkoflow:invalidArgument', 'trajectory', @() fit{1}(g, {}, {}));
  end
  jkoflow.free(learned, counted);
end

% Expected counts are not scattered: their likelihood is highest at the energy that made them, but for
% one individual that is added to the first snapshot.
function counts_recover_their_energy(g, times, S)
  learned = jkoflow.count_fit(g, times, 1e9 * S);
  near(learned.parameters, [potential(); 0.4], 1e-5, 'parameters');
  near(learned.potential, potential(), 1e-5, 'potential');
  near(learned.start, S(:, 1), 1e-7, 'start');
  near(learned.deviance, 0, 1e-3, 'deviance');
  assert(learned.degrees_of_freedom == 7 * 4 - 4 - 5, 'free counts less start, potential, entropy');
  assert(learned.converged && strcmp(learned.status, 'ok') && isempty(learned.unidentified));
  fewer = jkoflow.count_fit(g, times, 1e7 * S);
  near(fewer.standard_errors, 10 * learned.standard_errors, 1e-3 * max(fewer.standard_errors), ...
       'errors fall like the root of the counts');
  errors = sqrt(diag(jkoflow.covariance(learned)));
  near(errors, learned.standard_errors, 1e-12 * max(errors), 'standard errors');
  counts = round(50 * S);
  counts(2, 4) = 0;
  zeros_too = jkoflow.count_fit(g, times, counts);
  assert(zeros_too.deviance > 0 && all(zeros_too.start > 0));
  jkoflow.free(learned, fewer, zeros_too);
end

function ridge_terms_and_start_are_read(g, times, S)
  terms = {{'potential_in', potential()}, 'entropy', {'interaction_by_hops', 1}};
  truth = [1; 0.4; 0];
  data = {S, 1e9 * S};
  fits = {@jkoflow.flow_fit, @jkoflow.count_fit};
  for k = 1:2
    fit = @(varargin) fits{k}(g, times, data{k}, varargin{:});
    learned = fit('Terms', terms, 'Start', truth);
    near(learned.parameters, truth, 1e-5, 'multiple of the potential');
    bounded = fit('Terms', {'potential', {'entropy', 'Bounds', [0 0.3]}});
    near(bounded.entropy, 0.3, 1e-9, 'entropy at its bound');
    free_ = fit();
    one = fit('Ridge', 0.5);
    two = fit('Ridge', [0.5 0]);
    near(one.parameters, two.parameters, 0, 'one number is for the potential');
    assert(norm(one.potential) < 0.9 * norm(free_.potential), 'and makes it smaller');
    turned = fit('Terms', {'entropy', 'potential'}, 'Ridge', 0.5);
    near(turned.potential, one.potential, 1e-6, 'wherever it is among the terms');
    none = fit('Terms', terms, 'Ridge', 0.5);
    near(none.parameters, truth, 1e-5, 'a ridge on a term that is not there changes nothing');
    raises('jkoflow:lengthMismatch', 'ridges', @() fit('Ridge', [1 2 3]));
    raises('jkoflow:invalidArgument', 'ridge', @() fit('Ridge', -1));
    raises('jkoflow:lengthMismatch', 'got 2', @() fit('Start', [1 2]));
    raises('jkoflow:badOption', 'max_iterations', @() fit('Loss', 'symmetric'));
    raises('jkoflow:badType', 'cell array', @() fit('Terms', 'potential'));
    raises('jkoflow:invalidArgument', 'only the caller', @() fit('Terms', {{'given', 'mine', 1}}));
    early = quietly('jkoflow:iterationLimit', @() fit('MaxIterations', 1, 'Start', ones(6, 1)));
    assert(~early.converged && strcmp(early.status, 'iterationLimit') && early.iterations == 1);
    jkoflow.free(learned, bounded, free_, one, two, turned, none, early);
  end
  names = {'tolerance', 'max_steps', 'max_iterations', 'mean'};
  flow = jkoflow.options('flow_fit');
  count = jkoflow.options('CountFit');
  assert(all(ismember([names, 'mixing', 'noise'], {flow.name})));
  assert(all(ismember([names, 'pseudo_counts'], {count.name})));
  raises('jkoflow:badOption', 'sandwich', @() jkoflow.flow_fit(g, times, S, 'Noise', 'white'));
end

function bad_data_are_refused(g, times, S)
  before = jkoflow.handles();
  for fit = {@jkoflow.flow_fit, @jkoflow.count_fit}
    raises('jkoflow:badHandle', 'no handle', @() fit{1}(7, times, S));
    raises('jkoflow:lengthMismatch', 'times', @() fit{1}(g, times(2:end), S));
    raises('jkoflow:lengthMismatch', 'expected 5', @() fit{1}(g, times, S(2:end, :)));
    raises('jkoflow:badValue', 'increase', @() fit{1}(g, times([1 3 2 4:end]), S));
    raises('jkoflow:badValue', '[3]', @() fit{1}(g, times, S .* [1 1 1 -1 1]'));
    raises('jkoflow:invalidArgument', 'two', @() fit{1}(g, 0, S(:, 1)));
    raises('jkoflow:badType', 'single', @() fit{1}(g, times, single(S)));
  end
  raises('jkoflow:usage', 'argument', @() jkoflow_mex('flow_fit', g, times));
  raises('jkoflow:usage', 'argument', @() jkoflow_mex('count_fit', g, times));
  raises('jkoflow:notNormalised', '', @() jkoflow.flow_fit(g, times, 2 * S));
  raises('jkoflow:invalidArgument', 'nothing was counted', @() jkoflow.count_fit(g, times, 0 * S));
  assert(jkoflow.handles() == before);
end

function work_can_be_stopped(g, times, S)
  count_fit = @(g, times, S, varargin) jkoflow.count_fit(g, times, 1e6 * S, varargin{:});
  for fit = {@jkoflow.flow_fit, count_fit}
    before = jkoflow.handles();
    raises('jkoflow:cancelled', '', @() fit{1}(g, times, S, 'TimeLimit', 0));
    raises('jkoflow:cancelled', '', @() fit{1}(g, times, S, 'Progress', @(p) p.iterations >= 0));
    raises('my:trouble', 'mine', @() fit{1}(g, times, S, 'Progress', @(p) error('my:trouble', 'mine')));
    assert(jkoflow.handles() == before);
  end
end

function clearing_ends_what_was_learned(g, times, S)
  flow = jkoflow.flow_fit(g, times, S);
  count = jkoflow.count_fit(g, times, 1e6 * S);
  jkoflow.free(g);
  near(size(jkoflow.covariance(flow)), [6 6], 0, 'what was learned keeps what it needs');
  raises('jkoflow:badHandle', 'this is a flow_fitted', @() jkoflow_mex('graph_info', flow.fitted));
  raises('jkoflow:badHandle', 'a problem is needed', @() jkoflow.solve(count.fitted));
  jkoflow.free(flow);
  raises('jkoflow:badHandle', 'has been freed', @() jkoflow.free(flow));
  raises('jkoflow:badHandle', 'has been freed', @() jkoflow.covariance(flow));
  clear jkoflow_mex
  assert(jkoflow.handles() > 0, 'cleared while a handle lived');
  jkoflow.free('all');
  clear jkoflow_mex
  assert(jkoflow.handles() == 0);
  raises('jkoflow:badHandle', '', @() jkoflow.covariance(count));
end
