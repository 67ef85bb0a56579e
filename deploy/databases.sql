-- One database for each process that has one; nobody reads another's. Where centres are different organisations, each has its own server.
CREATE DATABASE hub;
CREATE DATABASE seongnam;
CREATE DATABASE yongin;
