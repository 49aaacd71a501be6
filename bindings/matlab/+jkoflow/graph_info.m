function info = graph_info(g)
%GRAPH_INFO What a graph is made of.
%   INFO has the fields nodes, edges, pi (the reference measure), source,
%   target (nodes counted from 1) and conductance, one row per edge.
  info = jkoflow_mex('graph_info', g);
end
