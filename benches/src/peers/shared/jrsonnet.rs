//! jrsonnet-gcmodule, a fork of gcmodule by the authors of jrsonnet.

super::gcmodule::threaded_heap!(Jrsonnet, jrsonnet_gcmodule);
