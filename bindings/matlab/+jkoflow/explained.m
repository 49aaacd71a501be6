function share = explained(learned, p)
%EXPLAINED Share of the motion of a problem that a learned energy explains.
%   SHARE = jkoflow.explained(LEARNED, P), for what jkoflow.fit or jkoflow.solve
%   has learned, and for steps that were learned from or not.
  share = jkoflow_mex('explained', learned.fitted, p);
end
