function g = graph(what, varargin)
%GRAPH Make a graph.
%   G = jkoflow.graph(W) takes a symmetric matrix of edge weights, sparse or
%   full, with nothing on the diagonal.
%
%   G = jkoflow.graph(N, SOURCE, TARGET, WEIGHT) takes edges between the nodes
%   1 to N; WEIGHT may be [], all ones.
%
%   G = jkoflow.graph(FAMILY, ...) makes a graph with unit weights:
%     'path', n     'cycle', n     'star', n      'complete', n
%     'grid', sides                'torus', sides
%     'hypercube', dimension       'hamming', length, alphabet
%     'erdos_renyi', n, p, seed    'barabasi_albert', n, m, seed
%     'watts_strogatz', n, k, p, seed
%     'random_regular', n, degree, seed
%     'random_tree', n, seed
%     'stochastic_block', sizes, probability, seed
%     'nearest_neighbours', points (one per column), k, bandwidth (0: unit weights)
%
%   The option Reference is 'degree' (the random walk; the default) or
%   'uniform' (the graph heat equation). With edges, Duplicates is 'refuse' or
%   'sum'. The result is a handle, see jkoflow.free.
%
%   Example:
%     g = jkoflow.graph('grid', [3 3], 'Reference', 'uniform');
%
%   See also jkoflow.chain, jkoflow.kernel, jkoflow.graph_info
  if ischar(what) || isa(what, 'string')
    g = jkoflow_mex('graph', what, varargin{:});
    return
  end
  if ~(isnumeric(what) || islogical(what)) || ~isreal(what)
    error('jkoflow:badType', ['a real symmetric matrix of weights, a number of nodes with its ' ...
          'edges, or the name of a family is needed']);
  end
  if isscalar(what)
    if nargin < 4
      error('jkoflow:usage', 'a number of nodes needs its edges: graph(N, SOURCE, TARGET, WEIGHT)');
    end
    g = jkoflow_mex('graph', what, varargin{:});
    return
  end
  if ~isequal(what, what.')
    error('jkoflow:invalidArgument', 'the weights are not a symmetric matrix');
  end
  [source, target, weight] = find(triu(what));
  g = jkoflow_mex('graph', size(what, 1), source, target, weight, varargin{:});
end
