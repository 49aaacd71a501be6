function share = explained(learned, p)
%EXPLAINED Share of the motion of a problem that a learned energy explains.
%   SHARE = jkoflow.explained(LEARNED, P), for steps that were learned from or
%   not.
  share = jkoflow_mex('explained', learned.fitted, p);
end
