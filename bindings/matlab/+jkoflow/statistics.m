function s = statistics(p)
%STATISTICS All that a problem needs of its data, as numbers.
%   S = jkoflow.statistics(P) is a column. Those of problems of the same kind
%   may be added, and go into one with jkoflow.add_statistics: for data that
%   many processes read.
  s = jkoflow_mex('statistics', p);
end
