function add_statistics(p, s)
%ADD_STATISTICS Add the data behind statistics to a problem.
%   jkoflow.add_statistics(P, S), for numbers of jkoflow.statistics, or a sum
%   of them.
  jkoflow_mex('add_statistics', p, s);
end
