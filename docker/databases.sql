-- The two domains' databases; the loader makes the tables.
CREATE DATABASE artists;
CREATE DATABASE payments;
