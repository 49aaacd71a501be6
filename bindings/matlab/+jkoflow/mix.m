function mixed = mix(g, mu, share)
%MIX Mix a share of the reference measure into a distribution.
%   MIXED = jkoflow.mix(G, MU, SHARE) is (1 - SHARE) * MU + SHARE * PI, which
%   puts mass on every node.
  mixed = jkoflow_mex('mix', g, mu, share);
end
