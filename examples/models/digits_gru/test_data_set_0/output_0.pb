
Blog_probabilitiesJ(Î«À3 ÁªÔÁ•<Á²iÁÉK³Àõ¶ÕÀ³—'Ádw;¼Ù—ØÀ