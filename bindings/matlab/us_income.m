function [weights, years, shares, states] = us_income()
%US_INCOME Eighty years of personal income in 48 US states, for examples.
%   [WEIGHTS, YEARS, SHARES, STATES] = us_income() has a sparse matrix of ones
%   where states border each other, and a column of SHARES of income per year.
  data = fullfile(fileparts(mfilename('fullpath')), '..', '..', 'examples', 'data', 'us_income');
  [states, years, income] = read_table(fullfile(data, 'income.csv'));
  weights = read_edges(fullfile(data, 'edges.csv'), states);
  shares = income ./ sum(income);
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
