function story()
%STORY What drives eighty years of personal income in 48 US states?
%   Distances between consecutive years, the energy that explains them, and a
%   forecast for the next year. Prints a key and a value per line.
  data = fullfile(fileparts(mfilename('fullpath')), '..', '..', 'examples', 'data', 'us_income');
  [states, years, income] = read_table(fullfile(data, 'income.csv'));
  weights = read_edges(fullfile(data, 'edges.csv'), states);
  shares = income ./ sum(income);

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

function [names, times, values] = read_table(file)
  rows = read_rows(file);
  times = str2double(rows{1}(2:end));
  names = cellfun(@(row) row{1}, rows(2:end), 'UniformOutput', false);
  values = zeros(numel(names), numel(times));
  for x = 1:numel(names)
    values(x, :) = str2double(rows{x + 1}(2:end));
  end
end

function weights = read_edges(file, names)
  rows = read_rows(file);
  weights = sparse(numel(names), numel(names));
  for k = 2:numel(rows)
    [~, ends] = ismember(rows{k}, names);
    weights(ends(1), ends(2)) = 1;
    weights(ends(2), ends(1)) = 1;
  end
end

function rows = read_rows(file)
  lines = strsplit(strtrim(strrep(fileread(file), sprintf('\r'), '')), sprintf('\n'));
  rows = cellfun(@(line) strsplit(line, ','), lines, 'UniformOutput', false);
end
