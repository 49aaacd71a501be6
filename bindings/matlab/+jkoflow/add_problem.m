function add_problem(p, other)
%ADD_PROBLEM Add all that another problem has seen.
%   jkoflow.add_problem(P, OTHER), for problems with the same graph and terms.
  jkoflow_mex('add_problem', p, other);
end
