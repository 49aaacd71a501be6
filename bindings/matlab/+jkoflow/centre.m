function centred = centre(g, potential)
%CENTRE Subtract the mean under the reference measure.
%   CENTRED = jkoflow.centre(G, POTENTIAL) has the gauge of all potentials that
%   the library returns.
  centred = jkoflow_mex('centre', g, potential);
end
