function story()
%STORY What drives eighty years of personal income in 48 US states?
%   Distances between consecutive years, the energy that explains them, and a
%   forecast for the next year. Prints a key and a value per line.
  [weights, years, shares, states] = us_income();
  graph = jkoflow.graph(weights, 'Reference', 'uniform');
  distances = jkoflow.consecutive(graph, shares);
  learned = jkoflow.fit(graph, years, shares, 'Terms', {'potential', 'entropy'}, ...
                        'Loss', 'symmetric', 'Ridge', 0.1);
  forecast = jkoflow.flow(learned.energy, shares(:, end), [0 1]);

  fprintf('nodes %d\n', numel(states));
  for k = 1:10
    fprintf('distance %d %.17g\n', k - 1, distances(k));
  end
  fprintf('entropy %.17g\n', learned.entropy);
  for x = 1:numel(states)
    fprintf('potential %d %.17g\n', x - 1, learned.potential(x));
  end
  for x = 1:numel(states)
    fprintf('forecast %d %.17g\n', x - 1, forecast.mass(x, end));
  end
  jkoflow.free(graph, learned);
end
