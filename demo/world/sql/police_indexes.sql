CREATE UNIQUE INDEX person_id ON person (id);
CREATE INDEX person_name ON person (family_fold, born);
CREATE INDEX person_document_no ON person_document (number, country);
CREATE INDEX person_document_person ON person_document (person_id, seq);
CREATE UNIQUE INDEX lookout_id ON lookout (id);
CREATE INDEX lookout_person ON lookout (person_id);
CREATE UNIQUE INDEX file_no ON file (file_no);
CREATE INDEX file_person ON file (person_id);
CREATE UNIQUE INDEX sltd_no ON sltd (number, country);
